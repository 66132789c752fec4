# Chapter 3 of the tutorial, its client: only the syntax is mended, and the address comes from the command line.
import sys
from socket import socket, AF_INET, SOCK_STREAM

client = socket(AF_INET, SOCK_STREAM)
con_address = (sys.argv[1], int(sys.argv[2]))
client.connect(con_address)
client.send('python学习笔记'.encode('utf-8'))
client.close()
