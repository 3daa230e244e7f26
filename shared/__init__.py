"""The exchange itself: the rooms a row travels through. Knows nothing of Azure Functions."""
