"""The quality report: rows in, figures out. `compiling` puts it together; each table has a module of its own."""
