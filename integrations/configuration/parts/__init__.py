"""The file's sections: each is read from the account and written to it through the services."""
