// Asio's own code, compiled here once; every other file sees declarations alone (BOOST_ASIO_SEPARATE_COMPILATION).
#include <boost/asio/impl/src.hpp>
