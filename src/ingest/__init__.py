"""The import's path from a stored file to validated rows ready for COPY."""
