# Chapter 5 of the tutorial, its server: only the syntax is mended. The address comes from the command line, and the port
# that the server has got is written on standard error.
import sys
from socket import socket, AF_INET, SOCK_STREAM
from threading import Thread

server = socket(AF_INET, SOCK_STREAM)
server.bind((sys.argv[1], int(sys.argv[2])))
server.listen(5)
print(server.getsockname()[1], file=sys.stderr)


def send_msg(socket):
    while True:
        msg = input('输入要发送的消息:')
        socket.send(msg.encode('utf-8'))


def recv_msg(socket):
    while True:
        data = socket.recv(512).decode('utf-8')
        if len(data) == 0:
            break
        print('收到客户端的消息是', data)


while True:
    client, addr_info = server.accept()
    t_send = Thread(target=send_msg, args=(client,))
    t_recv = Thread(target=recv_msg, args=(client,))
    t_send.start()
    t_recv.start()
