"""Forms about places and registers: input in, clean values out."""
