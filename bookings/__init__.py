"""Who takes part: places, registers, certificates."""
