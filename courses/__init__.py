"""What is offered: catalogue, events, venues, trainers."""
