"""What asks before anything happens: fields live here, never in lists."""
