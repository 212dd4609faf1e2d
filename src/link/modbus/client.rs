//! A Modbus client over a line.

use super::frame::{open_rtu, open_tcp, rtu, rtu_framing, tcp, tcp_framing};
use super::pdu::TooMany;
use super::{Exception, Identification, Request, Response, Span, Writable, coalesce};
use crate::link::{Begun, Exchange, Line, LineError};
use crate::rig::profile::modbus::TableKind;
use crate::rig::{LineProtocol, Link};
use crate::units::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
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
    /// Nobody has allowed this write; nothing was sent.
    #[error(
        "{} {} may not be written: neither a command of the profile writes it, nor does the profile say access = \"rw\" of it",
        .table, .address
    )]
    NotWritable {
        /// "coil" or "holding register".
        table: &'static str,
        /// Wire address of the first.
        address: u16,
    },
    /// The answer has another shape than the request wants.
    #[error("the answer does not fit the request")]
    Shape,
}

impl ClientError {
    /// Whether the request may have reached the device.
    pub const fn sent(&self) -> bool {
        match self {
            Self::Line(error) => error.sent(),
            Self::Request(_) | Self::NotWritable { .. } => false,
            Self::Shape => true,
        }
    }
}

/// How often a device is asked to echo before it counts as silent.
const ATTEMPTS: u32 = 3;

/// A request whose answer is yet to come.
struct UnderWay {
    begun: Begun,
    request: Request,
    transaction: u16,
}

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
    timeout: Duration,
    writable: Writable,
    generation: Option<u64>,
    /// False from a lost answer until the device has answered a request that nothing else makes (RTU).
    in_step: bool,
    /// Functions whose answers were given up since it was in step.
    under_way: BTreeSet<u8>,
    /// Whether the device has left an echo unanswered and answered a read instead.
    echoless: bool,
    /// The word that was last asked to be echoed.
    echo: u16,
}

impl Client {
    /// A client of the unit that a link of the rig names, which writes nothing yet; `timeout` is the longest wait for one
    /// answer, unless the link says otherwise. TCP links speak MBAP unless the rig says `modbus_rtu` (a raw serial server).
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
            timeout: link.manner().timeout.unwrap_or(timeout),
            writable: Writable::nothing(),
            generation: None,
            in_step: true,
            under_way: BTreeSet::new(),
            echoless: false,
            echo: 0,
        }
    }

    /// The same client, which writes what is named and nothing else.
    #[must_use]
    pub fn writing(self, writable: Writable) -> Self {
        Self { writable, ..self }
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
    /// is believed until the device has answered something that can only be the answer to this: an echo of a word that was
    /// never asked for before, or, of a device that leaves echoes unanswered, a read by a function of which no answer is
    /// under way (a refusal will do). Answers come in the order of the requests, so whatever was still under way has then
    /// come, too.
    async fn fall_into_step(&mut self) -> Result<(), ClientError> {
        let mut attempt = 1;
        while !self.in_step && self.line.drains() {
            let read = [4, 3, 2, 1].into_iter().find(|f| !self.under_way.contains(f));
            let read = read.filter(|_| self.echoless || attempt > 1);
            let request = match read {
                Some(function) => one_of(function),
                None => {
                    self.echo = self.echo.wrapping_add(1);
                    Request::Echo { value: self.echo }
                }
            };
            match self.send(request).await {
                Ok(_) => {
                    // Who does not know the function may be thrown off by it: not again.
                    self.echoless = read.is_some();
                    self.in_step = true;
                    self.under_way.clear();
                }
                Err(ClientError::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn send(&mut self, request: Request) -> Answer<Response> {
        let under_way = self.begin(request).await?;
        self.end(under_way).await
    }

    async fn begin(&self, request: Request) -> Result<UnderWay, ClientError> {
        if let Some((table, span)) = self.writable.forbids(&request) {
            let table = match table {
                TableKind::Coil => "coil",
                _ => "holding register",
            };
            return Err(ClientError::NotWritable {
                table,
                address: span.address,
            });
        }
        let pdu = request.encode()?;
        let unit = self.unit;
        let framed = request.clone();
        let transaction = self.line.number();
        let mut exchange = match self.envelope {
            Envelope::Rtu => Exchange::new(rtu(unit, &pdu), self.timeout, move |received| {
                rtu_framing(unit, &framed, received)
            })
            .device(unit),
            Envelope::Tcp => Exchange::new(tcp(transaction, unit, &pdu), self.timeout, move |received| {
                tcp_framing(transaction, unit, &framed, received)
            }),
        };
        if let Some(generation) = self.generation {
            exchange = exchange.only_in(generation);
        }
        Ok(UnderWay {
            begun: self.line.begin(exchange).await?,
            request,
            transaction,
        })
    }

    async fn end(&mut self, under_way: UnderWay) -> Answer<Response> {
        let UnderWay {
            begun,
            request,
            transaction,
        } = under_way;
        let frame = begun.end().await.inspect_err(|error| {
            if error.sent() && self.envelope == Envelope::Rtu {
                self.in_step = false;
                self.under_way.insert(request.function());
            }
        })?;
        let answer = match self.envelope {
            Envelope::Rtu => open_rtu(self.unit, &frame),
            Envelope::Tcp => open_tcp(transaction, self.unit, &frame),
        };
        answer
            .and_then(|pdu| request.decode(pdu))
            .ok_or(ClientError::Shape)
    }

    /// Reads spans of one table in few requests (see [`coalesce`]): the words of each, or its bits as 0 and 1. Where several
    /// requests may be on their way at once, they are.
    ///
    /// # Errors
    /// As [`Client::call`]; the first exception is that of all.
    pub async fn read_spans(&mut self, table: TableKind, wanted: &[Span], gap: u16) -> Answer<Vec<Vec<u16>>> {
        let most = match table {
            TableKind::Coil | TableKind::Discrete => 2000,
            TableKind::Holding | TableKind::Input => 125,
        };
        let reads = coalesce(wanted, gap, most);
        let mut cells: BTreeMap<u16, u16> = BTreeMap::new();
        self.fall_into_step().await?;
        let mut ahead = VecDeque::new();
        let mut rest = reads.iter();
        loop {
            // A serial line takes one after the other.
            while ahead.is_empty() || self.envelope == Envelope::Tcp {
                let Some(read) = rest.next() else { break };
                let (address, count) = (read.address, read.count);
                let request = match table {
                    TableKind::Coil => Request::ReadCoils { address, count },
                    TableKind::Discrete => Request::ReadDiscrete { address, count },
                    TableKind::Holding => Request::ReadHolding { address, count },
                    TableKind::Input => Request::ReadInput { address, count },
                };
                ahead.push_back((address, self.begin(request).await?));
            }
            let Some((address, under_way)) = ahead.pop_front() else {
                break;
            };
            let read: Vec<u16> = match self.end(under_way).await? {
                Ok(Response::Words(words)) => words,
                Ok(Response::Bits(bits)) => bits.into_iter().map(u16::from).collect(),
                Ok(_) => return Err(ClientError::Shape),
                Err(exception) => return Ok(Err(exception)),
            };
            cells.extend((address..=u16::MAX).zip(read));
        }
        let of = |span: &Span| {
            let end = span
                .end()
                .checked_sub(1)
                .and_then(|last| u16::try_from(last).ok());
            let last = end.filter(|_| span.count > 0);
            last.map_or_else(Vec::new, |last| {
                cells.range(span.address..=last).map(|(_, word)| *word).collect()
            })
        };
        Ok(Ok(wanted.iter().map(of).collect()))
    }

    /// Function 43 with 14: all that the device says of itself up to a level, 1 basic to 3 everything.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn identify(&mut self, level: u8) -> Answer<Identification> {
        let mut whole = Identification::default();
        let mut object = 0;
        loop {
            let request = Request::Identify { code: level, object };
            let part = match self.call(request).await? {
                Ok(Response::Identification(part)) => part,
                Ok(_) => return Err(ClientError::Shape),
                Err(exception) => return Ok(Err(exception)),
            };
            whole.conformity = part.conformity;
            whole.objects.extend(part.objects);
            match part.next {
                // Only forwards, or it would never end.
                Some(next) if next > object => object = next,
                _ => return Ok(Ok(whole)),
            }
        }
    }

    /// Function 43 with 13: the bytes of an object, low byte first.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn read_object(&mut self, index: u16, sub: u8, bytes: u8) -> Answer<Vec<u8>> {
        match self.call(Request::ReadObject { index, sub, bytes }).await? {
            Ok(Response::Object(bytes)) => Ok(Ok(bytes)),
            Ok(_) => Err(ClientError::Shape),
            Err(exception) => Ok(Err(exception)),
        }
    }
    /// The same: writes an object.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn write_object(&mut self, index: u16, sub: u8, value: Vec<u8>) -> Answer<()> {
        Ok(self
            .call(Request::WriteObject { index, sub, value })
            .await?
            .map(drop))
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

/// A read of the first of a table, by its function.
const fn one_of(function: u8) -> Request {
    let (address, count) = (0, 1);
    match function {
        1 => Request::ReadCoils { address, count },
        2 => Request::ReadDiscrete { address, count },
        3 => Request::ReadHolding { address, count },
        _ => Request::ReadInput { address, count },
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
