"""What a borough's own files, receipts and results say of one child or claim: for an officer who has been asked."""
