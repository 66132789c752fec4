# Chapter 5 of the tutorial, its client: only the syntax is mended, and the address comes from the command line.
import sys
from socket import socket, AF_INET, SOCK_STREAM
from threading import Thread

client = socket(AF_INET, SOCK_STREAM)
con_address = (sys.argv[1], int(sys.argv[2]))
client.connect(con_address)


def send_msg(socket):
    while True:
        msg = input('输入要发送的消息:')
        socket.send(msg.encode('utf-8'))


def recv_msg(socket):
    while True:
        data = socket.recv(512).decode('utf-8')
        if len(data) == 0:
            break
        print('收到服务器端的消息是', data)


t_send = Thread(target=send_msg, args=(client,))
t_recv = Thread(target=recv_msg, args=(client,))
t_send.start()
t_recv.start()
