"""Who owes us for goods that were damaged, lost or swapped: claims against others, to their end."""
