"""People, roles, sign-ins, devices and deputies."""
