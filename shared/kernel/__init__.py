"""The exchange: knows no dataset, no method and no purpose. What those are, agreements say (`shared/agreements`)."""
