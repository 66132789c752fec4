# Chapter 4 of the tutorial, its client: only the syntax is mended, and the address comes from the command line.
import sys
from socket import socket, AF_INET, SOCK_STREAM

client = socket(AF_INET, SOCK_STREAM)
con_address = (sys.argv[1], int(sys.argv[2]))
client.connect(con_address)
while True:
    msg = input('客户端输入:')
    client.send(msg.encode('utf-8'))
    if msg == 'byebye':
        break
    recv_data = client.recv(512).decode('utf-8')
    print('服务器端发送过来的消息是:{}'.format(recv_data))
    if recv_data == 'byebye':
        break
client.close()
