"""The launcher behind `scripts/alisa.py`: installs, starts, checks and stops Alisa with Python alone."""
