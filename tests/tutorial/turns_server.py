# Chapter 4 of the tutorial, its server: only the syntax is mended. The address comes from the command line, and the port
# that the server has got is written on standard error.
import sys
from socket import socket, AF_INET, SOCK_STREAM

server = socket(AF_INET, SOCK_STREAM)
server.bind((sys.argv[1], int(sys.argv[2])))
server.listen(5)
print(server.getsockname()[1], file=sys.stderr)
while True:
    client, addr_info = server.accept()
    while True:
        recv_data = client.recv(512).decode('utf-8')
        print('客户端发送过来的消息是:{}'.format(recv_data))
        if recv_data == 'byebye':
            break
        msg = input('服务器端输入:')
        client.send(msg.encode('utf-8'))
        if msg == 'byebye':
            break
    client.close()
    print(addr_info, '离开了!')
