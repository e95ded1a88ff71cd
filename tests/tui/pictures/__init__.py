"""Pictures of the screens over a realistic database, as text, and how they are made and compared."""
