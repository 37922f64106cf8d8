"""The ground floor: what every app uses, and what knows no app."""
