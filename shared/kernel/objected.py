"""The words of objections: how their file is called under every agreement, and under which word they are remembered."""

OBJECTIONS = "objections"
OBJECTED = "objected"
