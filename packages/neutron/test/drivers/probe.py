"""Small network programs for tests, run inside of namespaces.

serve PORT             answers TCP and UDP on every address, IPv4 and IPv6, until it is ended; prints "ready"
ask tcp|udp HOST PORT  prints "answered" or "silent" within a second
vxlan DST VNI SRC_MAC  sends one VXLAN packet to DST:4789 that holds a broadcast frame with the text MARK
frames DEVICE SECONDS  prints how many frames with the text MARK the device received
connect < LIST         of the lines "ADDRESS PORT" prints those that take a TCP connection within 1.5 s
send DEVICE < FRAMES   sends each line of hex as a frame
record DEVICE LAST     prints "ready", then frames that the device receives as hex, until one that begins with LAST came, 5 s at most
"""
import select
import socket
import struct
import sys
import time

MARK = b'kumo-overlay-mark'


def serve(port):
    ready = []
    for family in (socket.AF_INET, socket.AF_INET6):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            s = socket.socket(family, kind)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            s.bind(('', port))
            if kind == socket.SOCK_STREAM:
                s.listen(16)
            ready.append(s)
    print('ready', flush=True)
    while True:
        for s in select.select(ready, [], [])[0]:
            if s.type == socket.SOCK_STREAM:
                connection, _ = s.accept()
                connection.sendall(b'hello')
                connection.close()
            else:
                data, peer = s.recvfrom(2000)
                s.sendto(b'hello', peer)


def ask(kind, host, port):
    family, _, _, _, address = socket.getaddrinfo(host, port)[0]
    s = socket.socket(family, socket.SOCK_STREAM if kind == 'tcp' else socket.SOCK_DGRAM)
    s.settimeout(1)
    try:
        s.connect(address)
        if kind == 'udp':
            s.send(b'hello')
        print('answered' if s.recv(10) == b'hello' else 'silent')
    except OSError:
        print('silent')


def vxlan(destination, vni, source_mac):
    frame = b'\xff' * 6 + bytes.fromhex(source_mac.replace(':', '')) + b'\x88\xb5' + MARK
    packet = struct.pack('>II', 0x08000000, vni << 8) + frame
    s = socket.socket(socket.AF_INET6 if ':' in destination else socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(packet, (destination, 4789))


def frames(device, seconds):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((device, 0))
    print('ready', flush=True)
    end, seen = time.time() + seconds, 0
    while (left := end - time.time()) > 0:
        if select.select([s], [], [], left)[0] and MARK in s.recv(2000):
            seen += 1
    print(seen)


def connect():
    waiting = {}
    for line in sys.stdin:
        host, port = line.split()
        family, kind, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        s = socket.socket(family, kind)
        s.setblocking(False)
        try:
            s.connect(address)
        except BlockingIOError:
            waiting[s] = line.strip()
        except OSError:
            pass
    end = time.time() + 1.5
    while waiting and (left := end - time.time()) > 0:
        for s in select.select([], list(waiting), [], left)[1]:
            line = waiting.pop(s)
            if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                print(line, flush=True)


def packet_socket(device):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((device, 0))
    return s


def send(device):
    s = packet_socket(device)
    for line in sys.stdin:
        s.send(bytes.fromhex(line.strip()))


def record(device, last):
    s = packet_socket(device)
    print('ready', flush=True)
    end = time.time() + 5
    while (left := end - time.time()) > 0:
        if not select.select([s], [], [], left)[0]:
            break
        frame = s.recv(2000).hex()
        print(frame, flush=True)
        if frame.startswith(last):
            break


verb, *args = sys.argv[1:]
if verb == 'serve':
    serve(int(args[0]))
elif verb == 'ask':
    ask(args[0], args[1], int(args[2]))
elif verb == 'vxlan':
    vxlan(args[0], int(args[1]), args[2])
elif verb == 'frames':
    frames(args[0], float(args[1]))
elif verb == 'send':
    send(args[0])
elif verb == 'record':
    record(args[0], args[1])
elif verb == 'connect':
    connect()
