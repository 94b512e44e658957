"""The house rules that a machine can check. Exits 1 with one line per broken rule."""
