"""The pharmacy accounts for every microgram that enters, moves in or leaves the clinic."""
