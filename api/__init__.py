"""The faces of Podal: HTTP, WebSocket, phone page and command line."""
