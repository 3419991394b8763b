"""An authoritative name server on dnspython, UDP and TCP, for zones in a folder: one file NAME.zone each.

Files are read anew for each question, so a test mends a record by writing the file. Below `silent.test` it says nothing.
Usage: name_server.py ADDRESS PORT FOLDER
"""

import pathlib
import socketserver
import sys
import threading

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.zone

ADDRESS, PORT, FOLDER = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
SILENT = dns.name.from_text("silent.test")


def zone_of(name):
    for path in FOLDER.glob("*.zone"):
        origin = dns.name.from_text(path.stem)
        if name.is_subdomain(origin):
            return dns.zone.from_text(path.read_text(), origin=origin, relativize=False, check_origin=False)
    return None


def answer(wire, most):
    query = dns.message.from_wire(wire)
    question = query.question[0]
    if question.name.is_subdomain(SILENT):
        return None
    response = dns.message.make_response(query)
    zone = zone_of(question.name)
    if zone is None:
        response.set_rcode(dns.rcode.NXDOMAIN)
    else:
        response.flags |= dns.flags.AA
        alias = zone.get_rrset(question.name, dns.rdatatype.CNAME)
        found = zone.get_rrset(question.name, question.rdtype)
        below = any(name.is_subdomain(question.name) for name in zone.nodes)
        if found or alias:
            response.answer.append(found or alias)
        else:
            response.authority.append(zone.get_rrset(zone.origin, dns.rdatatype.SOA))
            response.set_rcode(dns.rcode.NOERROR if below else dns.rcode.NXDOMAIN)
    try:
        return response.to_wire(max_size=most)
    except dns.exception.TooBig:
        short = dns.message.make_response(query)
        short.flags |= dns.flags.TC
        return short.to_wire()


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        wire, socket = self.request
        reply = answer(wire, 512)
        if reply:
            socket.sendto(reply, self.client_address)


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        while len(length := self.rfile.read(2)) == 2:
            reply = answer(self.rfile.read(int.from_bytes(length, "big")), 65535)
            if reply is None:
                return
            self.wfile.write(len(reply).to_bytes(2, "big") + reply)
            self.wfile.flush()


class Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True


class Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True



tcp = Tcp((ADDRESS, PORT), Stream)
threading.Thread(target=tcp.serve_forever, daemon=True).start()
udp = Udp((ADDRESS, PORT), Datagram)
print("ready", flush=True)
udp.serve_forever()
