"""Forms of the catalogue: what visitors look for, and what the team plans."""
