"""The panels that come with the dashboard, each an entry point like anybody's."""
