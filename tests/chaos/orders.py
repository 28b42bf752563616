"""What is ordered of the server again and again; each time is an event of the history."""

from history import Event, now
from http_client import Failed
from team import Team


class Orders(Team):
    def __init__(self, history, admin, patience):
        super().__init__(patience)
        self.history, self.admin = history, admin

    def recorded(self, kind, what, order):
        """`order`: given a client and the event, tells the event how it went, or raises Failed. True when it went well."""
        client, event = self.admin.client(), Event(kind, what, now())
        try:
            order(client, event)
        except Failed as error:
            event.why = str(error)
        event.end, event.attempts = now(), client.attempts - client.requests + 1
        client.close()
        self.history.add(event)
        return event.ok

    def settle(self, attempts=3):
        """After the faults: what they made fail is tried again."""
        return any(self.order() for _ in range(attempts))
