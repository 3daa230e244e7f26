"""Free school meals across boroughs: a child lives in one borough and goes to school in another."""
