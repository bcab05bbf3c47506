"""The pages of people: each view reads the request's clock and asks an action or a reader."""
