"""The migrations, run by alembic."""
