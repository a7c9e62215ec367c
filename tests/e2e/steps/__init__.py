"""The walk's steps, one module per part of the story; each function is something that one person does at a screen."""
