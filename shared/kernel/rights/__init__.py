"""What a party, a family or the law may ask for, and what is owed then: notices, holds, quarantine, leaving."""
