"""`python -m alerter`."""

from alerter.cli.main import app

if __name__ == "__main__":
    app(prog_name="alerter")
