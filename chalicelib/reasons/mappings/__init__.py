"""What other systems call our reasons; each file is one system, read by reasons/systems.py."""
