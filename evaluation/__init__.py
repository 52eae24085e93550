"""What difference it made: questionnaires, answers and quality reports."""
