//! Devices that an account was signed in on before, known by what the browser keeps in a cookie.
//!
//! An entry is a time and a MAC over it and the user's `sub`. It proves that a right password came from this browser once; it
//! opens nothing. It needs no record: the server keeps one key.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::LoginGuard;
use crate::domain::words::moment::Moment;

/// Entries of one browser, for as many accounts.
const MOST_ENTRIES: usize = 4;
/// An entry is worth nothing after this time. Browsers keep a cookie no longer.
const LIFETIME_HOURS: u64 = 400 * 24;
/// Keeps these MACs apart from all others that may once be made with the same key.
const DOMAIN: &[u8] = b"shelflife device 1\0";

/// The block of SHA-256. HMAC fills a shorter key up with zeros (RFC 2104, 2).
const BLOCK: usize = 64;

/// Signs entries. A copy of it makes every guesser a known device.
pub struct DeviceKey(Zeroizing<[u8; BLOCK]>);

impl DeviceKey {
    /// From 32 random bytes, the same ones after every start.
    pub fn from_bytes(bytes: [u8; 32]) -> DeviceKey {
        let bytes = Zeroizing::new(bytes);
        let mut key = Zeroizing::new([0; BLOCK]);
        key.iter_mut().zip(bytes.iter()).for_each(|(place, byte)| *place = *byte);
        DeviceKey(key)
    }

    fn mac(&self, sub: &str, hours: u32) -> Hmac<Sha256> {
        // The time has a fixed length, so that nothing of it can be taken for a part of the `sub`.
        let mac = Hmac::<Sha256>::new((&*self.0).into());
        mac.chain_update(DOMAIN).chain_update(hours.to_be_bytes()).chain_update(sub)
    }

    fn sign(&self, sub: &str, now: Moment) -> DeviceEntry {
        let hours = u32::try_from(hours(now)).unwrap_or(u32::MAX);
        let whole: [u8; 32] = self.mac(sub, hours).finalize().into_bytes().into();
        DeviceEntry { hours, mac: whole.first_chunk().copied().unwrap_or_default() }
    }

    /// Whether `entry` was signed here for this user. Compared in constant time.
    fn has_signed(&self, entry: &DeviceEntry, sub: &str) -> bool {
        self.mac(sub, entry.hours).verify_truncated_left(&entry.mac).is_ok()
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(..)")
    }
}

/// That an account was signed in on this device, as the device keeps it. A secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DeviceEntry {
    /// When, in hours since 1970.
    hours: u32,
    mac: [u8; 16],
}

impl DeviceEntry {
    /// Length in bytes.
    pub const LENGTH: usize = 20;

    /// From the bytes of [`DeviceEntry::to_bytes`]; they prove nothing yet.
    pub fn from_bytes(bytes: [u8; DeviceEntry::LENGTH]) -> DeviceEntry {
        let hours = bytes.first_chunk().copied().map_or(0, u32::from_be_bytes);
        DeviceEntry { hours, mac: bytes.last_chunk().copied().unwrap_or_default() }
    }

    /// Four bytes of time and sixteen of the MAC.
    pub fn to_bytes(self) -> [u8; DeviceEntry::LENGTH] {
        let mut bytes = [0; DeviceEntry::LENGTH];
        let parts = self.hours.to_be_bytes().into_iter().chain(self.mac);
        bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        bytes
    }

    /// An entry from ahead of now is of now: the clock was set back.
    fn is_too_old(&self, now: Moment) -> bool {
        hours(now).saturating_sub(u64::from(self.hours)) > LIFETIME_HOURS
    }
}

impl fmt::Debug for DeviceEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceEntry(..)")
    }
}

/// The entries of one browser, the newest first; four at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Devices(Vec<DeviceEntry>);

impl Devices {
    /// The first four of these.
    pub fn new(entries: impl IntoIterator<Item = DeviceEntry>) -> Devices {
        Devices(entries.into_iter().take(MOST_ENTRIES).collect())
    }

    /// All of them, the newest first.
    pub fn entries(&self) -> &[DeviceEntry] {
        &self.0
    }
}

impl LoginGuard {
    /// The entry that shows that the user `sub` was signed in on this device, if there is one.
    pub(in crate::domain) fn known_device(
        &self,
        devices: &Devices,
        sub: &str,
        now: Moment,
    ) -> Option<DeviceEntry> {
        let valid = |entry: &&DeviceEntry| !entry.is_too_old(now) && self.devices.has_signed(entry, sub);
        devices.0.iter().find(valid).copied()
    }

    /// What the device keeps from now on: it was just signed in on as the user `sub`. Entries of other users stay, as far as
    /// there is room; who those are cannot be told here.
    pub(in crate::domain) fn signed_in_on(&self, devices: &Devices, sub: &str, now: Moment) -> Devices {
        let others = devices.0.iter().copied();
        let others = others.filter(|entry| !entry.is_too_old(now) && !self.devices.has_signed(entry, sub));
        Devices::new([self.devices.sign(sub, now)].into_iter().chain(others))
    }
}

fn hours(now: Moment) -> u64 {
    now.secs() / 3600
}

#[cfg(test)]
mod tests {
    use super::super::tests::guard;
    use super::*;

    const HOUR: u64 = 3600;
    const START: u64 = 500_000 * HOUR;

    fn at(hours: u64) -> Moment {
        Moment::from_secs(START + hours * HOUR)
    }

    #[test]
    fn a_device_is_known_for_the_account_it_was_signed_in_on_with_for_four_hundred_days() {
        let guard = guard();
        let devices = guard.signed_in_on(&Devices::default(), "ada", at(0));
        for hours in [0, 1, 400 * 24] {
            assert_eq!(guard.known_device(&devices, "ada", at(hours)).as_ref(), devices.entries().first());
        }
        assert_eq!(guard.known_device(&devices, "ada", at(400 * 24 + 1)), None);
        assert_eq!(guard.known_device(&devices, "ad", at(0)), None);
        assert_eq!(guard.known_device(&devices, "", at(0)), None);
        let set_back = Moment::from_secs(START - 1000 * HOUR);
        assert!(guard.known_device(&devices, "ada", set_back).is_some());
    }

    #[test]
    fn an_entry_of_another_key_or_with_any_bit_changed_is_none() {
        let guard = guard();
        let devices = guard.signed_in_on(&Devices::default(), "ada", at(0));
        let bytes = devices.entries()[0].to_bytes();
        assert_eq!(DeviceEntry::from_bytes(bytes), devices.entries()[0]);
        for bit in 0..8 * DeviceEntry::LENGTH {
            let mut bytes = bytes;
            bytes[bit / 8] ^= 1 << (bit % 8);
            let changed = Devices::new([DeviceEntry::from_bytes(bytes)]);
            assert_eq!(guard.known_device(&changed, "ada", at(0)), None, "bit {bit}");
        }
        let other = LoginGuard::new(super::super::tests::LIMITS, [7; 32], DeviceKey::from_bytes([2; 32]));
        assert_eq!(other.known_device(&devices, "ada", at(0)), None);
    }

    #[test]
    fn a_browser_keeps_four_accounts_and_each_of_them_once() {
        let guard = guard();
        let mut devices = Devices::default();
        for (hour, sub) in ["a", "b", "a", "c", "d", "b", "e"].into_iter().enumerate() {
            devices = guard.signed_in_on(&devices, sub, at(hour as u64));
        }
        let known = |sub: &str| {
            devices
                .entries()
                .iter()
                .position(|entry| guard.known_device(&devices, sub, at(9)).as_ref() == Some(entry))
        };
        assert_eq!(["a", "b", "c", "d", "e"].map(known), [None, Some(1), Some(3), Some(2), Some(0)]);
        let later = guard.signed_in_on(&devices, "e", at(400 * 24 + 5));
        assert_eq!(later.entries().len(), 2, "what is too old is not kept: only e and b");
    }

    #[test]
    fn nothing_secret_shows_in_debug_output() {
        let devices = guard().signed_in_on(&Devices::default(), "ada", at(0));
        assert_eq!(format!("{devices:?}"), "Devices([DeviceEntry(..)])");
        assert_eq!(format!("{:?}", DeviceKey::from_bytes([1; 32])), "DeviceKey(..)");
    }
}
