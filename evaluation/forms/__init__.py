"""Forms of the evaluation app: input in, clean values out."""
