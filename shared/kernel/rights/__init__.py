"""What a party or the law may ask for that is done by hand: holds, quarantine, leaving."""
