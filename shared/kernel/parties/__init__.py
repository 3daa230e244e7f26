"""Who can be party to an agreement: authorities by their codes, schools, hubs, research bodies."""
