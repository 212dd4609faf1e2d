//! A Modbus client over a line.

use super::frame::{open_rtu, open_tcp, rtu, rtu_framing, tcp, tcp_framing};
use super::pdu::TooMany;
use super::{Exception, Request, Response};
use crate::link::{Exchange, Line, LineError};
use crate::rig::{LineProtocol, Link};
use crate::units::Duration;
use std::ops::Range;
use thiserror::Error;

/// The talk failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClientError {
    /// No answer, or no link.
    #[error("{0}")]
    Line(#[from] LineError),
    /// The request fits no frame; nothing was sent.
    #[error("{0}")]
    Request(#[from] TooMany),
    /// The answer has another shape than the request wants.
    #[error("the answer does not fit the request")]
    Shape,
}

impl ClientError {
    /// Whether the request may have reached the device.
    pub const fn sent(&self) -> bool {
        match self {
            Self::Line(error) => error.sent(),
            Self::Request(_) => false,
            Self::Shape => true,
        }
    }
}

/// How often a device is asked to echo before it counts as silent.
const ATTEMPTS: u32 = 3;

/// The talk failed, or the device said no.
pub type Answer<T> = Result<Result<T, Exception>, ClientError>;

/// Which envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Envelope {
    Rtu,
    Tcp,
}

/// Speaks to one unit on a line. Several clients may share a line.
pub struct Client {
    line: Line,
    unit: u8,
    envelope: Envelope,
    transaction: u16,
    timeout: Duration,
    generation: Option<u64>,
    /// False from a lost answer until the device has answered a request that nothing else makes (RTU).
    in_step: bool,
    /// The word that was last asked to be echoed.
    echo: u16,
}

impl Client {
    /// A client of the unit that a link of the rig names; `timeout` is the longest wait for one answer. TCP links
    /// speak MBAP unless the rig says `modbus_rtu` (a raw serial server).
    pub fn new(line: Line, link: &Link, timeout: Duration) -> Self {
        let envelope = match link {
            Link::Serial { .. } => Envelope::Rtu,
            Link::Tcp { protocol, .. } if *protocol == LineProtocol::ModbusRtu => Envelope::Rtu,
            Link::Tcp { .. } => Envelope::Tcp,
        };
        Self {
            line,
            unit: link.unit(),
            envelope,
            // Clients that share a line begin at different numbers.
            transaction: u16::from(link.unit()) << 8,
            timeout,
            generation: None,
            in_step: true,
            echo: 0,
        }
    }

    /// The line.
    pub const fn line(&self) -> &Line {
        &self.line
    }

    /// From now on, send only while the link has not been re-opened since this generation.
    pub const fn only_in(&mut self, generation: Option<u64>) {
        self.generation = generation;
    }

    /// Sends one request and returns what fits it.
    ///
    /// # Errors
    /// When the talk failed; the inner result is what the device said.
    pub async fn call(&mut self, request: Request) -> Answer<Response> {
        self.fall_into_step().await?;
        self.send(request).await
    }

    /// RTU frames carry no transaction number, and an answer may come later than any wait. So after a lost answer nothing
    /// is believed until the device has echoed a word that was never asked for before (or has said that it cannot echo):
    /// answers come in the order of the requests, so whatever was still under way has then come, too.
    async fn fall_into_step(&mut self) -> Result<(), ClientError> {
        let mut attempt = 1;
        while !self.in_step && self.line.drains() {
            self.echo = self.echo.wrapping_add(1);
            match self.send(Request::Echo { value: self.echo }).await {
                Ok(_) => self.in_step = true,
                Err(ClientError::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn send(&mut self, request: Request) -> Answer<Response> {
        let pdu = request.encode()?;
        let unit = self.unit;
        let framed = request.clone();
        self.transaction = self.transaction.wrapping_add(1);
        let transaction = self.transaction;
        let mut exchange = match self.envelope {
            Envelope::Rtu => Exchange::new(rtu(unit, &pdu), self.timeout, move |received| {
                rtu_framing(unit, &framed, received)
            }),
            Envelope::Tcp => Exchange::new(tcp(transaction, unit, &pdu), self.timeout, move |received| {
                tcp_framing(transaction, unit, &framed, received)
            }),
        };
        if let Some(generation) = self.generation {
            exchange = exchange.only_in(generation);
        }
        let frame = self.line.exchange(exchange).await.inspect_err(|error| {
            if error.sent() && self.envelope == Envelope::Rtu {
                self.in_step = false;
            }
        })?;
        let answer = match self.envelope {
            Envelope::Rtu => open_rtu(unit, &frame),
            Envelope::Tcp => open_tcp(transaction, unit, &frame),
        };
        answer
            .and_then(|pdu| request.decode(pdu))
            .ok_or(ClientError::Shape)
    }

    /// Function 1.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn read_coils(&mut self, address: u16, count: u16) -> Answer<Vec<bool>> {
        bits(self.call(Request::ReadCoils { address, count }).await?)
    }
    /// Function 2.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn read_discrete(&mut self, address: u16, count: u16) -> Answer<Vec<bool>> {
        bits(self.call(Request::ReadDiscrete { address, count }).await?)
    }
    /// Function 3.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn read_holding(&mut self, address: u16, count: u16) -> Answer<Vec<u16>> {
        words(self.call(Request::ReadHolding { address, count }).await?)
    }
    /// Function 4.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn read_input(&mut self, address: u16, count: u16) -> Answer<Vec<u16>> {
        words(self.call(Request::ReadInput { address, count }).await?)
    }
    /// Function 5.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn write_coil(&mut self, address: u16, on: bool) -> Answer<()> {
        Ok(self.call(Request::WriteCoil { address, on }).await?.map(drop))
    }
    /// Function 6.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn write_register(&mut self, address: u16, value: u16) -> Answer<()> {
        Ok(self
            .call(Request::WriteRegister { address, value })
            .await?
            .map(drop))
    }
    /// Function 15.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn write_coils(&mut self, address: u16, values: Vec<bool>) -> Answer<()> {
        Ok(self
            .call(Request::WriteCoils { address, values })
            .await?
            .map(drop))
    }
    /// Function 16.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn write_registers(&mut self, address: u16, values: Vec<u16>) -> Answer<()> {
        Ok(self
            .call(Request::WriteRegisters { address, values })
            .await?
            .map(drop))
    }
    /// Function 22.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn mask_write(&mut self, address: u16, and: u16, or: u16) -> Answer<()> {
        Ok(self
            .call(Request::MaskWrite { address, and, or })
            .await?
            .map(drop))
    }
    /// Function 23: writes `values`, then reads.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn read_write(
        &mut self,
        read: Range<u16>,
        write_address: u16,
        values: Vec<u16>,
    ) -> Answer<Vec<u16>> {
        let request = Request::ReadWrite {
            read_address: read.start,
            read_count: read.end.saturating_sub(read.start),
            write_address,
            values,
        };
        words(self.call(request).await?)
    }
}

fn bits(answer: Result<Response, Exception>) -> Answer<Vec<bool>> {
    match answer {
        Ok(Response::Bits(bits)) => Ok(Ok(bits)),
        Ok(_) => Err(ClientError::Shape),
        Err(exception) => Ok(Err(exception)),
    }
}

fn words(answer: Result<Response, Exception>) -> Answer<Vec<u16>> {
    match answer {
        Ok(Response::Words(words)) => Ok(Ok(words)),
        Ok(_) => Err(ClientError::Shape),
        Err(exception) => Ok(Err(exception)),
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
