// Who is calling: the one place that decides whose word is believed. Today the socket's peer and nothing else; headers
// of proxies are not looked at. Pure.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>

namespace lightfast::http {

// As text; an IPv4 address that came in over a dual-stack socket (::ffff:192.0.2.1) as IPv4.
std::string client_address(const boost::asio::ip::address& peer);

}  // namespace lightfast::http
