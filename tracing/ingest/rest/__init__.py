"""What every API view is made of: the key, its scopes and its rate, the wires, and the answers to what fails."""
