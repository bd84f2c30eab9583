"""What is to be solved: tasks, their fixed test sets, and the predictors that need no energy."""
