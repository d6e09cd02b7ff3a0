"""Who is asking, what their roles allow, and where: deny by default."""
