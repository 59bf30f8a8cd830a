-- Who may do what. Run by `cutsheet migrate --roles`, again after each upgrade: it first takes away everything, then gives
-- what stands here. {cutter} and so on stand for the names of the roles with their prefix; the statements between two
-- blank lines belong together. What no line names is nobody's; test/db/roles.test.ts holds that every table, view, column
-- and function is either given to somebody or listed at the end as nobody's, and tries them all as every role.

-- Everybody sees which schema this is. The functions below only compute: constraints and indices of events call them.
grant select on cutsheet_schema, kysely_migration to {sheet_sync}, {cutter}, {web}, {operator}, {readonly};
grant execute on function
  row_is_sound, unusable_times, video_ranges_problem, thumbnail_problem, chapters_problem, placed_chapters,
  published_description, told_otherwise, legal_states, frozen_columns, shown_value, acting, retry_pause, public_columns,
  video_minutes
to {sheet_sync}, {cutter}, {web}, {operator}, {readonly};

-- cutter: a node. It works by functions only, and those that change an event demand the lease that it was given. It reads
-- images, which thumbnails are made of. Cutters share this role and so trust each other: one that lies can claim in another's
-- name, take that name (the other one, and the operators, are told), and is believed what it says of uploads from before the
-- server changed. What it cannot do is touch what another one works on: only that one knows its leases and its instance.
grant execute on function
  register_node, heartbeat_node, tell_store, tell_troubles, claimable_events, claim_first, note_waiting,
  extend_leases, report_progress, log_job, store_upload_session, finalize_event, complete_event, retry_event,
  postpone_event, hand_back_event, fail_event, leave_unresolved, adopt_finalizing, adopt_published, note_published,
  expire_leases, explain_waiting,
  meet_server, told_all, awaiting_problem, restore_upload
to {cutter};
grant select (id, bytes) on images to {cutter};
grant select (name, kind, config_hash, disagreement, registered_by) on locations to {cutter};
grant select (name, version, last_seen_at, doubled_at) on nodes to {cutter};
grant select on current_troubles to {cutter};

-- Of an event all but upload_session, which may let its holder write to the location: only functions of cutters hand it
-- out, and operators see it.
grant select (
  id, sheet_name, state, error, video_link, uploader, "start", "end", category, description, notes, tags, priority,
  allow_holes, uploader_whitelist, upload_location, video_start, video_end, video_ranges, video_transitions, video_title,
  video_description, video_chapters, video_unlisted, thumbnail, editor, edit_version, attempts, next_try_at, video_id,
  published, created_at, updated_at, edited_at, uploaded_at, removed_from_sheet_at
) on events to {sheet_sync}, {web};

-- sheet_sync: the syncs, the local sheet, and the housekeeping once a minute.
grant select (name, locations, version, started_at, last_seen_at, doubled_at, awaited_since) on nodes to {sheet_sync};
grant select (name, kind, limits, disagreement) on locations to {sheet_sync};
grant select (id, holder, opened_at, expires_at, released_at, progress, moved_at) on leases to {sheet_sync};
grant select (seq, event_id, from_state, to_state, note) on event_history to {sheet_sync};
grant select on lease_items, event_overview, current_troubles to {sheet_sync};
grant select, insert, update, delete on
  sheet_rows, sheet_journal, sheet_syncs, local_spreadsheets, local_worksheets, local_rows, local_changes, local_row_changes
to {sheet_sync};
grant select on local_cell_history to {sheet_sync};
grant execute on function
  apply_sheet_rows, submit_from_sheet, read_changes, expire_leases, explain_waiting, prune_history, awaiting_problem
to {sheet_sync};

-- web: acts for people who are signed in; whom it acts for it says per transaction (cutsheet.actor), and the history keeps
-- that beside its own name. Hashes of cookies and tokens it stores and never reads.
grant update (
  state, error, video_link, next_try_at, priority, tags, allow_holes, uploader_whitelist, upload_location, video_title,
  video_description, video_chapters, video_unlisted, thumbnail
) on events to {web};
grant select (name, locations, version, started_at, last_seen_at, doubled_at, awaited_since) on nodes to {web};
grant select on
  event_history, event_overview, node_stores, current_troubles, sheet_syncs, locations, leases, lease_items, job_log, images
to {web};
grant insert on images to {web};
grant select, insert, update, delete on accounts, drafts, open_events to {web};
grant select (id, account_id, created_at, last_used_at, idle, expires_at, address, agent) on sessions to {web};
grant select (id, account_id, name, scopes, created_at, expires_at, last_used_at) on api_tokens to {web};
grant insert, delete on sessions, api_tokens to {web};
grant select, insert, delete on sign_in_failures to {web};
grant execute on function
  submit_edit, cancel_event, live_lease, awaiting_problem, read_changes, revoke_lease, use_session, use_token
to {web};

-- operator: a person in psql, and the commands of one. Every column of an event may be changed as its state allows: the
-- trigger sees to that, and only the owner of the tables could turn it off.
grant select on
  events, event_history, event_story, event_overview, nodes, node_stores, node_troubles, current_troubles, sheet_syncs, locations,
  leases, lease_items, job_log, images, sheet_rows, local_spreadsheets, local_worksheets, local_rows, local_changes,
  local_row_changes, local_cell_history, account_history, server_seen, drafts, open_events
to {operator};
grant select (id, name, role, email, issuer, disabled_at, created_at, last_sign_in_at) on accounts to {operator};
grant select (id, account_id, created_at, last_used_at, idle, expires_at, address, agent) on sessions to {operator};
grant select (id, account_id, name, scopes, created_at, expires_at, last_used_at) on api_tokens to {operator};
grant insert, update on events to {operator};
grant insert on images to {operator};
grant execute on function
  submit_edit, cancel_event, edit_problem, text_problem, live_lease, waiting_reason, awaiting_problem, read_changes, revoke_lease,
  stop_awaiting, expire_leases, explain_waiting, server_mark
to {operator};

-- readonly: dashboards and guests. No notes, no names of people, no e-mail addresses, no upload sessions.
grant select on event_overview, node_stores, current_troubles to {readonly};
grant select (name, locations, version, started_at, last_seen_at, doubled_at, awaited_since) on nodes to {readonly};
grant select (name, kind, limits, disagreement) on locations to {readonly};

-- nobody: functions of triggers, and those that only other functions call. (No statement: a list for the test.)
-- functions: work_under, lease_lost, open_lease, release_lease, require_no_lease, claim_problem, send_hint, write_history_trigger,
--   record_history, guard_event, guard_new_event, keep_event, refuse_truncate, guard_publishing, settle_locations,
--   check_account, check_token, end_sessions, keep_an_admin, record_account_history, record_token_history
-- tables: kysely_migration_lock
