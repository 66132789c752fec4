#include "wire/lab/datagram_program.h"

#include "wire/text/texts.h"

#include <chrono>
#include <cstring>

namespace loquat::wire {

DatagramProgram::DatagramProgram(Lab& lab, Side side)
    : lab_(&lab), side_(side), socket_(lab.socket(side, SOCK_DGRAM)), peer_(lab.addresses().server) {
  const Address& own = side == Side::client ? lab.addresses().client : lab.addresses().server;
  socket_.bind(own);
  socket_.settimeout(std::chrono::seconds(1));
  lab_->act(side_, {"bind(" + own.str() + ")", {}});
}

int DatagramProgram::told(std::string_view call, const OSError& error) {
  error_ = error.errc();
  const std::string what = std::string(python_name(error)) + ": " + std::strerror(error_);
  lab_->act(side_, texts::call_raises(call, what));
  return error_;
}

int DatagramProgram::connect(const Address& peer) {
  socket_.connect(peer_ = peer);
  lab_->act(side_, texts::connect_sends_nothing(peer.str()));
  return error_ = 0;
}

int DatagramProgram::send(std::string_view data, const Text& meaning) {
  lab_->act(side_, texts::sends_bytes(data.size(), meaning));
  try {
    socket_.sendto(data, peer_);
  } catch (const OSError& e) {
    return told("send()", e);
  }
  return error_ = 0;
}

std::string DatagramProgram::recv() {
  try {
    const Message message = socket_.recvfrom(2048);
    peer_ = message.address;
    error_ = 0;
    lab_->act(side_, texts::recv_bytes(message.data.size()));
    return message.data;
  } catch (const OSError& e) {
    told("recv()", e);
  }
  return {};
}

void DatagramProgram::close() {
  socket_.close();
  lab_->act(side_, texts::close_sends_nothing);
}

}  // namespace loquat::wire
