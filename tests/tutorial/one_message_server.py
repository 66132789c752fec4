# Chapter 3 of the tutorial, its server: only the syntax is mended. The address comes from the command line, and the port
# that the server has got is written on standard error.
import sys
from socket import socket, AF_INET, SOCK_STREAM

server = socket(AF_INET, SOCK_STREAM)
server.bind((sys.argv[1], int(sys.argv[2])))
server.listen(5)
print(server.getsockname()[1], file=sys.stderr)
while True:
    client, addr_info = server.accept()
    print(client, addr_info)
    recv_data = client.recv(512).decode('utf-8')
    print('{}发送过来的消息是:{}'.format(addr_info[0], recv_data))
    client.close()
