"""What goes back to boroughs: results, the review queue, enrolments. Once written, the exchange cannot read it."""
