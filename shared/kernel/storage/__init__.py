"""Where blobs live: the only room that imports azure.storage. Import from its modules; the package itself is empty."""
