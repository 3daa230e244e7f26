"""What a pair weighs: m and u, match weights, and the chance that follows from them."""
