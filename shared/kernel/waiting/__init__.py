"""What lies here and is in no finished work: found every day, recorded, alarmed, and told to whoever can end it."""
