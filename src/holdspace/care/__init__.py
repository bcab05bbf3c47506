"""The spine: course, observations, documents, decisions and tasks, where the four phases meet."""
